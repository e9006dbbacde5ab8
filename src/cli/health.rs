//! `porchlight health`: asks the server of these settings whether it can answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::exit::Exit;
use super::output::say;
use crate::config::{Config, FetchLimits};
use crate::fetch::{Client, Validators};

/// How long the server may take. Whoever supervises a container asks again by itself.
const PATIENCE: Duration = Duration::from_secs(3);

pub(super) async fn run(config: &Config) -> anyhow::Result<Exit> {
    let mut address = config.serve.listen;
    // Listening everywhere includes this machine.
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    let limits = FetchLimits { attempts: 1, total: PATIENCE, ..config.fetch.clone() };
    let client = Client::new(&limits)?;
    let url = format!("http://{address}/health/ready");
    match client.get(&url, &Validators::default(), super::now()).await {
        Ok(_) => {
            say("ready")?;
            Ok(Exit::Done)
        }
        Err(error) => {
            say(format!("not ready: {error}"))?;
            Ok(Exit::Unavailable)
        }
    }
}
