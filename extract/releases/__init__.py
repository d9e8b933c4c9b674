"""Publish and query: releases on a shelf, one of them served."""
