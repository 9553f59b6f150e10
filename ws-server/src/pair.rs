/// Two numbers as ids are written: hexadecimal, with a hyphen between.
pub(crate) fn parse(text: &str) -> Option<(u64, u64)> {
    // The standard library takes a sign, which nobody writes.
    if text.contains('+') {
        return None;
    }
    let (first, second) = text.split_once('-')?;
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    Some((number(first)?, number(second)?))
}
