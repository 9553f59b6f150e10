use std::{error::Error, path::Path};
use crate::outcome::Run;
pub(crate) fn draw(_file: &Path, _run: &Run) -> Result<(), Box<dyn Error>> { Ok(()) }
