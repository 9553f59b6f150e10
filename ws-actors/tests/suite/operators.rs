//! What operators are told.
