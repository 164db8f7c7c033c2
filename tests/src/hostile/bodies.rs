//! Bodies of requests: calls, and texts that are not calls.

use isobath_testkit::Random;

use super::attacker::Attacker;
use super::calls::{self, Call};
use super::http::HttpClient;
use super::oracle::check_http;
use super::texts;

/// Sends bodies over HTTP and judges the answers.
pub fn attack(attacker: &mut Attacker<'_>) {
    let mut client = HttpClient::new(attacker.target.http);
    while attacker.goes_on() {
        let Call { bytes, owed } = draw(&mut attacker.random);
        attacker.count_sent(1);
        let verdict = match client.post(&bytes) {
            Ok(answer) => {
                attacker.count_answered(1);
                check_http(&owed, &answer)
            }
            Err(error) => Err(format!("no answer: {error}")),
        };
        attacker.judge(&bytes, verdict);
    }
}

/// A call, or one time in four a text that is not one.
pub fn draw(random: &mut Random) -> Call {
    if random.below(4) == 0 {
        texts::draw(random)
    } else {
        calls::call(random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_follow_from_the_seed() {
        let draw_many = |seed| {
            let mut random = Random::new(seed);
            (0..200).map(|_| draw(&mut random).bytes).collect::<Vec<_>>()
        };
        assert_eq!(draw_many(1), draw_many(1));
        assert_ne!(draw_many(1), draw_many(2));
    }
}
