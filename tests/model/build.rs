//! Tells the files under test that they run in a model, so that they leave their own tests out.

fn main() {
    println!("cargo::rustc-cfg=loom");
}
