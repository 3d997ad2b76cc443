//! To come.
use crate::Case;
pub const CASES: &[Case] = &[];
pub fn helper(_: &ringfence_sandbox::Spawner, _: &std::path::Path) -> ! {
    std::process::exit(0)
}
