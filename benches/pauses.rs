//! Pauses: `programs/million.mpy` in this process, and how long its collections have held it up, by the runtime's own accounts.

use std::sync::Arc;
use std::time::Instant;

use minipy::runtime::process::Process;
use minipy::runtime::real::RealHost;
use minipy::runtime::settings::Settings;
use minipy::vm::{Options, Vm};
use minipy_grammar::Source;

/// What keeps a million objects and makes garbage beside them.
const PROGRAM: &str = include_str!("programs/million.mpy");

fn main() {
    // `cargo test` starts benches as well, without this word: it wants to know that they work.
    let measured = std::env::args().any(|word| word == "--bench");
    let text = if measured { PROGRAM.to_owned() } else { PROGRAM.replace("000000)", "000)") };
    let process = Process::start().expect("signals and standard streams are there");
    let host = Arc::new(RealHost::new(Settings::default(), process));
    let (_vm, mut thread) = Vm::boot(Arc::clone(&host) as _, Options::default()).expect("the machine boots");
    let source = Source::new("million.mpy", &text);
    let module = minipy_grammar::parse(&source).expect("the program is one");
    let code = Arc::new(minipy_compiler::compile(&source, &module).expect("the program compiles"));
    let start = Instant::now();
    thread.run_module(&code, "__main__", "million.mpy").expect("the program runs");
    let elapsed = start.elapsed().as_secs_f64() * 1e3;
    let pauses = host.accounts().collections;
    let ms = |nanos: u64| nanos as f64 / 1e6;
    println!("{} collections in {elapsed:.0} ms, {:.0} ms of it pauses", pauses.count, ms(pauses.total));
    println!("longest {:.2} ms, 99 % up to {:.2} ms", ms(pauses.longest), ms(pauses.quantile(0.99)));
}
