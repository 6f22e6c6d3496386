"""投诉举报、申诉: filed by anybody or by the institution, looked into by the office, answered, concluded."""
