"""Sources of data other than the tracking API: files of tables."""
