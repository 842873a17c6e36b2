"""A stand-in for Home Assistant: few names, real shapes. It is read by the derivation, never run."""
