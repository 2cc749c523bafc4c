"""The screening: how far each transformation can go before a classifier changes its prediction."""
