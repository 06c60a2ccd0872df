"""Topics: which there are (``catalog``), what the cluster lacks (``plan``), and bringing it there (``apply``)."""
