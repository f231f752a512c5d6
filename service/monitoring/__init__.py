"""Whether calls are still like those the model was made from (drift), and whether its guarantee still holds (alarm)."""
