//! Owns what a letter says, in English and Spanish. Other languages read English.

use election_core::definition::Language;
use time::OffsetDateTime;

/// The texts of a language. `{website}` and `{jurisdiction}` stand for what is filled in.
pub(super) struct Words {
    pub(super) your_voter_id: &'static str,
    pub(super) how_to_vote: &'static str,
    pub(super) opens: &'static str,
    pub(super) closes: &'static str,
    pub(super) steps: [&'static str; 5],
    pub(super) secret: &'static str,
    pub(super) secret_reasons: [&'static str; 2],
    weekdays: [&'static str; 7],
    months: [&'static str; 12],
    day: fn(weekday: &str, day: u8, month: &str, year: i32) -> String,
    halves: [&'static str; 2],
}

static ENGLISH: Words = Words {
    your_voter_id: "Your voter ID",
    how_to_vote: "How to vote",
    opens: "Voting opens",
    closes: "Voting closes",
    steps: [
        "Scan the code with your phone’s camera, or type {website} into a browser.",
        "Enter your voter ID. Capital or small letters, spaces and hyphens do not matter. The code fills it in for you.",
        "Check that the page shows {jurisdiction}. If it does not, stop and contact the election office.",
        "Make your choices and review them, then select “Cast my ballot”. You can do this once.",
        "Keep the receipt. With it you can check that your ballot was recorded. It does not show how you voted.",
    ],
    secret: "Keep this letter secret",
    secret_reasons: [
        "Whoever has your voter ID can vote in your place. Do not show it, send it or photograph it. Nobody from the \
         election office will ask you for it.",
        "If this letter was open when it arrived, or is lost, ask the election office for a new one before you vote.",
    ],
    weekdays: [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    day: |weekday, day, month, year| format!("{weekday}, {month} {day}, {year}"),
    halves: ["a.m.", "p.m."],
};

static SPANISH: Words = Words {
    your_voter_id: "Su identificación de votante",
    how_to_vote: "Cómo votar",
    opens: "La votación empieza",
    closes: "La votación termina",
    steps: [
        "Escanee el código con la cámara de su teléfono o escriba {website} en un navegador.",
        "Escriba su identificación de votante. No importan las mayúsculas, los espacios ni los guiones. El código la \
         escribe por usted.",
        "Compruebe que la página muestre {jurisdiction}. Si no es así, no siga y avise a la oficina electoral.",
        "Elija y revise sus votos; después emita su boleta. Puede hacerlo una sola vez.",
        "Guarde el recibo. Con él puede verificar que su boleta fue registrada. No muestra cómo votó.",
    ],
    secret: "Mantenga esta carta en secreto",
    secret_reasons: [
        "Quien tenga su identificación de votante puede votar en su lugar. No la muestre, no la envíe y no la \
         fotografíe. Nadie de la oficina electoral se la pedirá.",
        "Si esta carta llegó abierta o se pierde, pida otra a la oficina electoral antes de votar.",
    ],
    weekdays: [
        "lunes",
        "martes",
        "miércoles",
        "jueves",
        "viernes",
        "sábado",
        "domingo",
    ],
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    day: |weekday, day, month, year| format!("{weekday}, {day} de {month} de {year}"),
    halves: ["a. m.", "p. m."],
};

impl Words {
    /// The texts for readers of `language`, whatever its region.
    pub(super) fn of(language: &Language) -> &'static Self {
        match language.as_str().split('-').next() {
            Some("es") => &SPANISH,
            _ => &ENGLISH,
        }
    }

    /// A date and time with the offset that it has, as "Tuesday, November 3, 2026, 8:00 a.m. (UTC–5)".
    pub(super) fn date(&self, at: OffsetDateTime) -> String {
        let weekday = self.weekdays[usize::from(at.weekday().number_days_from_monday())];
        let month = self.months[usize::from(u8::from(at.month())) - 1];
        let day = (self.day)(weekday, at.day(), month, at.year());
        let hour = match at.hour() % 12 {
            0 => 12,
            hour => hour,
        };
        let half = self.halves[usize::from(at.hour() / 12)];
        format!("{day}, {hour}:{:02} {half} ({})", at.minute(), offset(at))
    }
}

fn offset(at: OffsetDateTime) -> String {
    let (hours, minutes, _) = at.offset().as_hms();
    let sign = match at.offset() {
        offset if offset.is_negative() => "\u{2013}",
        offset if offset.is_positive() => "+",
        _ => return "UTC".to_owned(),
    };
    match minutes.unsigned_abs() {
        0 => format!("UTC{sign}{}", hours.unsigned_abs()),
        minutes => format!("UTC{sign}{}:{minutes:02}", hours.unsigned_abs()),
    }
}

#[cfg(test)]
mod tests {
    use time::format_description::well_known::Rfc3339;

    use super::*;

    #[test]
    fn dates_are_told_as_a_reader_of_the_language_says_them() {
        for (at, english, spanish) in [
            (
                "2026-11-03T08:00:00-05:00",
                "Tuesday, November 3, 2026, 8:00 a.m. (UTC–5)",
                "martes, 3 de noviembre de 2026, 8:00 a. m. (UTC–5)",
            ),
            (
                "2027-02-28T00:05:00+05:30",
                "Sunday, February 28, 2027, 12:05 a.m. (UTC+5:30)",
                "domingo, 28 de febrero de 2027, 12:05 a. m. (UTC+5:30)",
            ),
            (
                "2026-12-31T12:30:00Z",
                "Thursday, December 31, 2026, 12:30 p.m. (UTC)",
                "jueves, 31 de diciembre de 2026, 12:30 p. m. (UTC)",
            ),
            (
                "2026-06-01T23:00:00-03:30",
                "Monday, June 1, 2026, 11:00 p.m. (UTC–3:30)",
                "lunes, 1 de junio de 2026, 11:00 p. m. (UTC–3:30)",
            ),
        ] {
            let at = OffsetDateTime::parse(at, &Rfc3339).unwrap();
            assert_eq!(ENGLISH.date(at), english);
            assert_eq!(SPANISH.date(at), spanish);
        }
    }

    #[test]
    fn a_language_without_texts_of_its_own_reads_english() {
        for (tag, how_to_vote) in [
            ("es", "Cómo votar"),
            ("es-MX", "Cómo votar"),
            ("fr", "How to vote"),
        ] {
            let language = Language::parse(tag).unwrap();
            assert_eq!(Words::of(&language).how_to_vote, how_to_vote);
        }
    }
}
