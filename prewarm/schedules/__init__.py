"""Tasks by cron: rules and their times, firings, and what people do with them."""
