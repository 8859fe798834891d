"""Vector formats of a finished job and of a shadow study, and the styles that go with them."""
