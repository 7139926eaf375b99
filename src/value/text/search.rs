//! Looking for a run of bytes in another. Short texts are looked through directly: to prepare a search would take longer.

use memchr::memmem;

/// The longest text that is looked through directly, in bytes.
const SHORT: usize = 256;

/// Where the needle starts first.
#[inline]
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [byte] if hay.len() < 16 => hay.iter().position(|other| other == byte),
        [byte] => memchr::memchr(*byte, hay),
        [first, rest @ ..] if hay.len() <= SHORT => {
            let starts = hay.len().checked_sub(rest.len())?;
            memchr::memchr_iter(*first, &hay[..starts]).find(|at| hay[at + 1..].starts_with(rest))
        }
        _ => memmem::find(hay, needle),
    }
}

/// Where the needle starts last.
pub(crate) fn rfind(hay: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [byte] => memchr::memrchr(*byte, hay),
        [first, rest @ ..] if hay.len() <= SHORT => {
            let starts = hay.len().checked_sub(rest.len())?;
            memchr::memrchr_iter(*first, &hay[..starts]).find(|at| hay[at + 1..].starts_with(rest))
        }
        _ => memmem::rfind(hay, needle),
    }
}

/// The places where a needle that is not empty occurs without overlap.
#[inline]
pub(crate) fn places<'a>(hay: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    let short = hay.len() <= SHORT || needle.len() == 1;
    let mut prepared = (!short).then(|| memmem::find_iter(hay, needle));
    std::iter::from_fn(move || match &mut prepared {
        Some(places) => places.next(),
        None => {
            let place = from + find(&hay[from..], needle)?;
            from = place + needle.len();
            Some(place)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every needle of up to three letters in every text of up to seven, and the same behind a long text.
    #[test]
    fn finds_what_a_slow_search_finds() {
        let words = |len: u32| {
            (0..3_usize.pow(len))
                .map(move |n| (0..len).map(|digit| b"abc"[n / 3_usize.pow(digit) % 3]).collect::<Vec<u8>>())
        };
        for hay in (0..=7).flat_map(words) {
            for needle in (1..=3).flat_map(words) {
                let is_at = |at: &usize| hay[*at..].starts_with(&needle);
                assert_eq!(find(&hay, &needle), (0..hay.len()).find(is_at));
                assert_eq!(rfind(&hay, &needle), (0..hay.len()).rev().find(is_at));
                let mut apart = Vec::new();
                for at in (0..hay.len()).filter(is_at) {
                    if apart.last().is_none_or(|last| last + needle.len() <= at) {
                        apart.push(at);
                    }
                }
                assert_eq!(places(&hay, &needle).collect::<Vec<_>>(), apart);
                let long = [&[b'-'; SHORT][..], &hay].concat();
                assert_eq!(find(&long, &needle), find(&hay, &needle).map(|at| at + SHORT));
                assert_eq!(rfind(&long, &needle), rfind(&hay, &needle).map(|at| at + SHORT));
            }
        }
    }
}
