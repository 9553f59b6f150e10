//! The ratios as a picture: a line for each row, a dot for each contender.

use std::{error::Error, path::Path};

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::{
    outcome::Outcome,
    peers::{CONTENDERS, PEERS},
};

pub(crate) fn draw(file: &Path, outcomes: &[Outcome]) -> Result<(), Box<dyn Error>> {
    let height = TOP + BOTTOM + LINE * outcomes.len() as i32;
    let area = SVGBackend::new(file, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size: i32| TextStyle::from(("sans-serif", size)).color(&BLACK);
    area.draw_text(
        "CPU time per message, as a multiple of ws-core's (right of 1: slower than ws-core)",
        &text(17),
        (LEFT, 10),
    )?;
    legend(&area, &text(14))?;
    scale(&area, height, &text(12))?;
    for (number, outcome) in outcomes.iter().enumerate() {
        let y = TOP + LINE * number as i32 + LINE / 2;
        let label = text(12).pos(Pos::new(HPos::Right, VPos::Center));
        area.draw_text(&outcome.row.name(), &label, (LEFT - 12, y))?;
        let faint = BLACK.mix(if number % 2 == 0 { 0.08 } else { 0.03 });
        area.draw(&PathElement::new([(LEFT, y), (RIGHT, y)], faint))?;
        let limit = 1.0 / outcome.ours_to_limit.median;
        area.draw(&PathElement::new(
            [(x(limit), y - 6), (x(limit), y + 6)],
            BLACK.stroke_width(2),
        ))?;
        for (color, peer) in COLORS.iter().zip(&outcome.peers) {
            let Some(peer) = peer else { continue };
            let (lower, upper) = (x(peer.ratio.lower), x(peer.ratio.upper));
            area.draw(&PathElement::new(
                [(lower, y), (upper, y)],
                color.stroke_width(2),
            ))?;
            let dot = Circle::new((x(peer.ratio.median), y), 5, color.mix(0.8).filled());
            area.draw(&dot)?;
        }
    }
    area.present()?;
    Ok(())
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

fn legend(area: &Area<'_>, text: &TextStyle<'_>) -> Result<(), Box<dyn Error>> {
    let text = text.pos(Pos::new(HPos::Left, VPos::Center));
    let y = 50;
    for (i, (contender, color)) in CONTENDERS[PEERS..].iter().zip(&COLORS).enumerate() {
        let at = LEFT + 160 * i as i32;
        area.draw(&Circle::new((at, y), 6, color.mix(0.8).filled()))?;
        area.draw_text(contender.name, &text, (at + 12, y))?;
    }
    let at = LEFT + 160 * COLORS.len() as i32;
    area.draw(&PathElement::new(
        [(at, y - 6), (at, y + 6)],
        BLACK.stroke_width(2),
    ))?;
    area.draw_text("the limit", &text, (at + 10, y))?;
    Ok(())
}

fn scale(area: &Area<'_>, height: i32, text: &TextStyle<'_>) -> Result<(), Box<dyn Error>> {
    let text = text.pos(Pos::new(HPos::Center, VPos::Bottom));
    for ratio in [0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0] {
        let line = if ratio == 1.0 {
            BLACK.mix(0.8)
        } else {
            BLACK.mix(0.15)
        };
        let ends = [(x(ratio), TOP), (x(ratio), height - BOTTOM)];
        area.draw(&PathElement::new(ends, line))?;
        area.draw_text(&ratio.to_string(), &text, (x(ratio), TOP - 4))?;
    }
    Ok(())
}

/// Where a ratio stands; what lies beyond the scale stands at its end.
fn x(ratio: f64) -> i32 {
    let share = (ratio.clamp(LEAST, MOST) / LEAST).log2() / (MOST / LEAST).log2();
    LEFT + (f64::from(RIGHT - LEFT) * share).round() as i32
}

/// One for each peer, told apart by the colour-blind as well (Okabe and Ito).
const COLORS: [RGBColor; 5] = [
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
];
const LEAST: f64 = 0.05;
const MOST: f64 = 32.0;
const WIDTH: i32 = 1280;
const LEFT: i32 = 330;
const RIGHT: i32 = WIDTH - 30;
const TOP: i32 = 100;
const BOTTOM: i32 = 20;
/// The height of one row, in pixels.
const LINE: i32 = 24;
