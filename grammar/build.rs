//! Turns `minipy.lalrpop` into the tables of the parser.

use std::env;
use std::process::exit;

fn main() {
    let Some(out_dir) = env::var_os("OUT_DIR") else {
        eprintln!("cargo sets OUT_DIR for a build script");
        exit(1);
    };
    let result = lalrpop::Configuration::new()
        .set_out_dir(out_dir)
        .emit_rerun_directives(true)
        .emit_comments(false)
        .emit_whitespace(false)
        .process_file("minipy.lalrpop");
    if let Err(error) = result {
        eprintln!("{error}");
        exit(1);
    }
}
