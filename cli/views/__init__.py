"""What is shown, as pure functions of facts. Nothing here asks anybody."""
