"""The access matrix of both doors, a room for each side: endpoint → who may reach it, and why."""
