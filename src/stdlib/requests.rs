//! The native part of `requests`: one exchange with a server, with the GIL released.

use std::io;
use std::time::Duration;

use ureq::http::{Method, Request, StatusCode};
use ureq::tls::TlsConfig;
use ureq::{Agent, Body, Error, Timeout};

use crate::heap::Value;
use crate::value::bytes::Bytes;
use crate::value::list::List;
use crate::value::str::Str;
use crate::value::tuple::Tuple;
use crate::value::{Context, Raised, Res, float};
use crate::vm::native::Row;
use crate::vm::script::script;
use crate::vm::thread::{Call, Flow, Thread};

use super::{ModuleDef, no_constants};

/// The module.
pub(crate) static MODULE: ModuleDef = ModuleDef {
    name: "requests",
    rows: &[Row::threaded("_exchange(method, url, headers, body, connect, read, verify, /)", exchange)
        .doc("Sends one request: None, status, headers and body of the response, or what failed and why.")],
    constants: no_constants,
    source: Some(script!("requests")),
};

/// `requests.exceptions`
pub(crate) static EXCEPTIONS: ModuleDef = ModuleDef {
    name: "requests.exceptions",
    rows: &[],
    constants: no_constants,
    source: Some(script!("requests_exceptions")),
};

/// The largest body of a response, in bytes.
const MAX_BODY: u64 = 1 << 30;

/// What is to be sent.
struct Outgoing {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    connect: Option<Duration>,
    read: Option<Duration>,
    verify: bool,
}

/// What came back.
struct Incoming {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

/// What failed, by the name that `requests.mpy` knows it by, and why.
struct Failure {
    kind: &'static str,
    words: String,
}

fn exchange(th: &mut Thread, call: &Call) -> Flow {
    match th.take_reply::<Result<Incoming, Failure>>() {
        None => {
            let outgoing = outgoing(th, call);
            th.ask(move || perform(outgoing))
        }
        Some(Ok(incoming)) => Flow::of(give(th.cx(), &incoming)),
        Some(Err(failure)) => Flow::of(give_failure(th.cx(), &failure)),
    }
}

fn outgoing(th: &Thread, call: &Call) -> Outgoing {
    let text =
        |value: Value<'_>| value.get::<Str>().map(|text| text.lossy().into_owned()).unwrap_or_default();
    let seconds = |index| {
        let seconds = th.arg(call, index).and_then(float::value_of)?;
        Duration::try_from_secs_f64(seconds).ok()
    };
    let headers = th.arg_at(call, 2).get::<List>().map_or_else(Vec::new, |list| list.to_vec(th.cx()));
    let pair = |pair: Value<'_>| match pair.get::<Tuple>().map_or(&[][..], Tuple::items) {
        [name, value] => Some((text(*name), text(*value))),
        _ => None,
    };
    Outgoing {
        method: text(th.arg_at(call, 0)),
        url: text(th.arg_at(call, 1)),
        headers: headers.into_iter().filter_map(pair).collect(),
        body: th.arg_at(call, 3).get::<Bytes>().map(|body| body.as_bytes().to_vec()),
        connect: seconds(4),
        read: seconds(5),
        verify: th.arg_at(call, 6).as_bool() != Some(false),
    }
}

/// Sends the request and reads the response.
fn perform(outgoing: Outgoing) -> Result<Incoming, Failure> {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .timeout_resolve(outgoing.connect)
        .timeout_connect(outgoing.connect)
        .timeout_send_request(outgoing.read)
        .timeout_recv_response(outgoing.read)
        .timeout_recv_body(outgoing.read)
        .tls_config(TlsConfig::builder().disable_verification(!outgoing.verify).build())
        .build();
    let agent = Agent::new_with_config(config);
    let method = Method::from_bytes(outgoing.method.as_bytes())
        .map_err(|error| Failure { kind: "address", words: error.to_string() })?;
    let mut request = Request::builder().method(method).uri(&outgoing.url);
    for (name, value) in &outgoing.headers {
        // The library has its own idea of these.
        if !name.eq_ignore_ascii_case("accept-encoding") && !name.eq_ignore_ascii_case("connection") {
            request = request.header(name, value);
        }
    }
    let malformed = |error: ureq::http::Error| Failure { kind: "address", words: error.to_string() };
    let response = match outgoing.body {
        Some(body) => agent.run(request.body(body).map_err(malformed)?),
        None => agent.run(request.body(()).map_err(malformed)?),
    };
    let (parts, mut body) = response.map_err(failure)?.into_parts();
    let headers = parts.headers.iter().map(|(name, value)| (shown(name.as_str()), value.as_bytes().to_vec()));
    let headers = headers.collect();
    let body = if has_body(&outgoing.method, parts.status) { read(&mut body)? } else { Vec::new() };
    Ok(Incoming { status: parts.status.as_u16(), headers, body })
}

fn has_body(method: &str, status: StatusCode) -> bool {
    method != "HEAD" && status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED
}

fn read(body: &mut Body) -> Result<Vec<u8>, Failure> {
    body.with_config().limit(MAX_BODY).read_to_vec().map_err(failure)
}

/// `content-type` as `Content-Type`: the library forgets how it was written.
fn shown(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    name.split('-').map(capital).collect::<Vec<_>>().join("-")
}

fn failure(error: Error) -> Failure {
    let kind = match &error {
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => "connect timeout",
        Error::Timeout(_) => "read timeout",
        Error::HostNotFound => "name",
        Error::ConnectionFailed => "connect",
        Error::BadUri(_) | Error::Http(_) => "address",
        Error::Tls(_) | Error::Rustls(_) | Error::TlsRequired | Error::Pem(_) => "security",
        Error::InvalidProxyUrl | Error::ConnectProxyFailed(_) => "proxy",
        Error::Io(error) if is_lookup(error) => "name",
        Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable => "connect",
            io::ErrorKind::TimedOut => "read timeout",
            _ => "connection",
        },
        _ => "connection",
    };
    let words = match &error {
        Error::HostNotFound => "[Errno -2] Name or service not known".to_owned(),
        Error::Io(error) if is_lookup(error) => {
            let words = error.to_string();
            let reason = words.rsplit(": ").next().unwrap_or_default();
            let number = if reason.starts_with("Temporary") { -3 } else { -2 };
            format!("[Errno {number}] {reason}")
        }
        Error::Io(error) if error.kind() == io::ErrorKind::ConnectionReset => {
            "ConnectionResetError(104, 'Connection reset by peer')".to_owned()
        }
        Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            "RemoteDisconnected('Remote end closed connection without response')".to_owned()
        }
        Error::Io(error) => system_words(error),
        error => error.to_string(),
    };
    Failure { kind, words }
}

/// Whether the name of the host led nowhere: the system's library says so in words only.
fn is_lookup(error: &io::Error) -> bool {
    error.to_string().starts_with("failed to lookup address information")
}

/// `[Errno 111] Connection refused`
fn system_words(error: &io::Error) -> String {
    let words = error.to_string();
    match (error.raw_os_error(), words.rsplit_once(" (os error")) {
        (Some(number), Some((words, _))) => format!("[Errno {number}] {words}"),
        _ => words,
    }
}

fn give<'t>(cx: &'t Context, incoming: &Incoming) -> Res<'t> {
    let header = |(name, value): &(String, Vec<u8>)| {
        let value: String = value.iter().map(|byte| char::from(*byte)).collect();
        cx.tuple(&[cx.str(name)?, cx.str(&value)?])
    };
    let headers = incoming.headers.iter().map(header).collect::<Result<Vec<_>, Raised>>()?;
    let body = Value::object(Bytes::new(cx, &incoming.body)?);
    cx.tuple(&[Value::NONE, cx.int(incoming.status.into()), cx.list(&headers)?, body])
}

fn give_failure<'t>(cx: &'t Context, failure: &Failure) -> Res<'t> {
    cx.tuple(&[cx.intern(failure.kind), cx.str(&failure.words)?])
}
