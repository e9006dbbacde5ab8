//! The two clients of a bucket.

use std::error::Error as _;
use std::time::Duration;

use futures_util::future::BoxFuture;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::{BackoffConfig, ClientOptions, Error, HeaderValue, RetryConfig};

use crate::config::{S3Location, S3Patience};
use crate::storage::StorageError;

/// A client that reads and one that changes what is there.
///
/// The one that reads asks again by itself, and goes on with a body where it broke off. For the
/// other, [`super::patience`] does that, because after a write without an answer the bucket has to
/// be looked at before it is told again.
pub(super) fn open(location: &S3Location) -> Result<(AmazonS3, AmazonS3), StorageError> {
    let patience = &location.patience;
    let reading = settings(location)
        .with_client_options(options(location).with_timeout_disabled())
        .with_retry(again(patience));
    let reader = reading.build().map_err(|cause| unusable(location, &cause))?;
    let writing = settings(location)
        .with_client_options(options(location).with_timeout(patience.request))
        .with_retry(RetryConfig { max_retries: 0, ..again(patience) })
        .with_credentials(reader.credentials().clone())
        .with_http_connector(CreateOnly);
    let writer = writing.build().map_err(|cause| unusable(location, &cause))?;
    Ok((reader, writer))
}

fn settings(location: &S3Location) -> AmazonS3Builder {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&location.bucket)
        .with_region(&location.region)
        .with_virtual_hosted_style_request(location.bucket_in_host)
        // Not every service has the request that deletes many keys, and one is enough here.
        .with_disable_bulk_delete(true);
    for (variable, value) in &location.role {
        if let Ok(setting) = variable.to_ascii_lowercase().parse() {
            builder = builder.with_config(setting, value.reveal());
        }
    }
    if let Some(endpoint) = endpoint(location) {
        builder = builder.with_endpoint(endpoint);
    }
    if let Some((id, secret)) = &location.access_key {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret.reveal());
    }
    if let Some(token) = &location.session_token {
        builder = builder.with_token(token.reveal());
    }
    builder
}

/// The endpoint as `object_store` wants it: with the bucket, where that is part of the host.
fn endpoint(location: &S3Location) -> Option<String> {
    let mut endpoint = location.endpoint.clone()?;
    if location.bucket_in_host {
        let host = format!("{}.{}", location.bucket, endpoint.host_str()?);
        // A host that is an address cannot have a bucket before it; then the service says so.
        endpoint.set_host(Some(&host)).ok();
    }
    Some(endpoint.as_str().trim_end_matches('/').to_owned())
}

fn options(location: &S3Location) -> ClientOptions {
    let plain = location.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http");
    ClientOptions::new()
        .with_connect_timeout(location.patience.connect)
        .with_read_timeout(location.patience.idle)
        // A bucket on this machine or in this cluster is often reached without TLS.
        .with_allow_http(plain)
}

fn again(patience: &S3Patience) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: patience.backoff_base,
            max_backoff: patience.backoff_cap.max(patience.backoff_base + Duration::from_millis(1)),
            base: 2.0,
        },
        max_retries: patience.attempts.saturating_sub(1) as usize,
        retry_timeout: patience.give_up,
    }
}

fn unusable(location: &S3Location, cause: &Error) -> StorageError {
    let said = cause.source().map_or_else(|| cause.to_string(), ToString::to_string);
    StorageError::Open { location: format!("s3://{}", location.bucket), cause: said.into() }
}

/// Makes a client by which the last request of an upload in parts holds only for a key that is not
/// taken. `object_store` can say that of a put, but of an upload only for a copy inside the bucket.
#[derive(Debug)]
struct CreateOnly;

impl HttpConnector for CreateOnly {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient, Error> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(CreateOnlyService(client)))
    }
}

#[derive(Debug)]
struct CreateOnlyService(HttpClient);

impl HttpService for CreateOnlyService {
    fn call<'a, 'b>(
        &'a self,
        mut request: HttpRequest,
    ) -> BoxFuture<'b, Result<HttpResponse, HttpError>>
    where
        'a: 'b,
        Self: 'b,
    {
        let completes = request.method().as_str() == "POST"
            && request.uri().query().is_some_and(|query| query.starts_with("uploadId="));
        if completes {
            // Only the headers that a signature names are covered by it; this one may be added.
            request.headers_mut().insert("if-none-match", HeaderValue::from_static("*"));
        }
        Box::pin(async move { self.0.execute(request).await })
    }
}
