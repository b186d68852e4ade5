"""What programs read: JSON documents and the annotations of CI systems."""
