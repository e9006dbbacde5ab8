//! Settings of a bucket, as typed.

use clap::Args;

use crate::config::{RawS3, Secret};

/// Variables by which a machine of Amazon's (an instance, a task, a pod) says where a program gets
/// the key of its role. They are set by the machine, not by a person, and so are no flags.
const ROLE: [&str; 8] = [
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_METADATA_ENDPOINT",
];

#[derive(Debug, Args)]
#[command(next_help_heading = "S3-compatible storage")]
pub(super) struct Bucket {
    /// Where the service is; `http://` is used where it is written here [default: Amazon's]
    #[arg(long = "s3-endpoint", global = true, env = "AWS_ENDPOINT_URL", value_name = "URL")]
    endpoint: Option<String>,
    /// The region [default: `AWS_DEFAULT_REGION`, or us-east-1]
    #[arg(long = "s3-region", global = true, env = "AWS_REGION", value_name = "REGION")]
    region: Option<String>,
    /// Whether a URL names the bucket in its path or in its host [default: host for Amazon, path
    /// for others]
    #[arg(
        long = "s3-address-style",
        global = true,
        env = "PORCHLIGHT_S3_ADDRESS_STYLE",
        value_name = "STYLE"
    )]
    address_style: Option<String>,
    /// The access key [default: that of the machine's role]
    #[arg(
        long = "s3-access-key-id",
        global = true,
        env = "AWS_ACCESS_KEY_ID",
        value_name = "ID",
        hide_env_values = true
    )]
    access_key_id: Option<String>,
    /// The secret of the access key
    #[arg(
        long = "s3-secret-access-key",
        global = true,
        env = "AWS_SECRET_ACCESS_KEY",
        value_name = "SECRET",
        hide_env_values = true
    )]
    secret_access_key: Option<String>,
    /// The token of a session
    #[arg(
        long = "s3-session-token",
        global = true,
        env = "AWS_SESSION_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    session_token: Option<String>,
    /// Milliseconds to connect [default: 5000]
    #[arg(
        long = "s3-connect-ms",
        global = true,
        env = "PORCHLIGHT_S3_CONNECT_MS",
        value_name = "MS"
    )]
    connect_ms: Option<u64>,
    /// Milliseconds without a byte of an answer [default: 20000]
    #[arg(long = "s3-idle-ms", global = true, env = "PORCHLIGHT_S3_IDLE_MS", value_name = "MS")]
    idle_ms: Option<u64>,
    /// Milliseconds for one write, of which none is larger than 8 MiB [default: 60000]
    #[arg(
        long = "s3-request-ms",
        global = true,
        env = "PORCHLIGHT_S3_REQUEST_MS",
        value_name = "MS"
    )]
    request_ms: Option<u64>,
    /// Attempts altogether where a fault may pass [default: 8]
    #[arg(long = "s3-attempts", global = true, env = "PORCHLIGHT_S3_ATTEMPTS", value_name = "N")]
    attempts: Option<u32>,
    /// Milliseconds after which no further attempt is begun [default: 120000]
    #[arg(
        long = "s3-give-up-ms",
        global = true,
        env = "PORCHLIGHT_S3_GIVE_UP_MS",
        value_name = "MS"
    )]
    give_up_ms: Option<u64>,
}

impl Bucket {
    pub(super) fn into_raw(self) -> RawS3 {
        RawS3 {
            endpoint: self.endpoint,
            region: self
                .region
                .filter(|region| !region.is_empty())
                .or_else(|| variable("AWS_DEFAULT_REGION")),
            access_key_id: self.access_key_id,
            secret_access_key: self.secret_access_key.map(Secret::from),
            session_token: self.session_token.map(Secret::from),
            address_style: self.address_style,
            role: ROLE
                .iter()
                .filter_map(|name| Some((*name, Secret::from(variable(name)?))))
                .collect(),
            connect_ms: self.connect_ms,
            idle_ms: self.idle_ms,
            request_ms: self.request_ms,
            attempts: self.attempts,
            give_up_ms: self.give_up_ms,
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok()
}
