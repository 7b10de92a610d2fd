"""The object store in a bucket of S3, or of any service that speaks its protocol."""
