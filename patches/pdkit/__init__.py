"""The sources of the Pure Data kit in patches/pd: ``python -m patches.make_pd`` writes them."""
