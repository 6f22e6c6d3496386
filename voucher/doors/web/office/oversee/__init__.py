"""Pages of the office for 监管: measures, complaints, holds, people's own data."""
