"""What an attacker would try, tried: see docs/hardness/security.md."""
