//! Rebuilds the crate when the built web UI changes, since it is embedded.

fn main() {
    let dist = "../../web/dist";
    // A folder that isn't there counts as changed at every build, so an empty one takes its place.
    // Where that fails (no web folder, a read-only tree), the price is a rebuild, nothing else.
    let _ = fs_err::create_dir(dist);
    println!("cargo:rerun-if-changed={dist}");
}
