//! An S3-compatible bucket.

use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::prefix::PrefixStore;

use crate::config::S3Location;
use crate::storage::StorageError;

/// Prepares the client of a bucket; no request is sent yet.
pub(super) fn open(location: &S3Location) -> Result<Arc<dyn ObjectStore>, StorageError> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&location.bucket)
        .with_region(&location.region)
        // A bucket on this machine or in this cluster is often reached without TLS.
        .with_allow_http(location.endpoint.as_deref().is_some_and(|url| url.starts_with("http:")));
    if let Some(endpoint) = &location.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some((id, secret)) = &location.access_key {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret.reveal());
    }
    if let Some(token) = &location.session_token {
        builder = builder.with_token(token.reveal());
    }
    let bucket = builder.build().map_err(|cause| StorageError::Open {
        location: format!("s3://{}", location.bucket),
        cause: Box::new(cause),
    })?;
    Ok(Arc::new(PrefixStore::new(bucket, location.prefix.as_str())))
}
