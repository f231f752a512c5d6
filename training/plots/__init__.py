"""The evidence in pictures: one function a question, findings in, a picture titled with the answer out."""
