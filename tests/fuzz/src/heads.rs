//! Heads of HTTP, as a server and as a client read them: however they are cut,
//! the same comes of them, and what is accepted is answered with a head that
//! can be read.
//!
//! Settings: the longest head, then how to cut. The rest is a request, and a
//! response to a client whose key is that of the RFC's example.

use arbitrary::Unstructured;

use crate::input::{Settings, cuts};

mod request;
mod response;

/// Reads the input as a request and as a response.
pub fn run(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let limit = input.one_of(&[16 * 1024, 512, 200, 50, 0]);
    let sizes = input.sizes();
    let cuts = cuts(input.take_rest(), &sizes);
    same(cuts.iter().map(|cut| request::read(limit, cut)));
    same(cuts.iter().map(|cut| response::read(limit, cut)));
    same(cuts.iter().map(|cut| response::open(cut)));
}

/// All are the same.
fn same<T: PartialEq + std::fmt::Debug>(answers: impl IntoIterator<Item = T>) {
    let mut answers = answers.into_iter();
    let first = answers.next();
    for answer in answers {
        assert_eq!(first.as_ref(), Some(&answer), "cuts change the answer");
    }
}
