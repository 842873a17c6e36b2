"""What modules offer others: signatures, types and the few facts that no source tells."""
