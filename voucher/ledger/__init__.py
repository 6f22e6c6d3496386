"""What may never be lost or doubled: states, entitlements, money, budgets, holds, the trail."""
