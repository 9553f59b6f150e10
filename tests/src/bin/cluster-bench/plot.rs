//! What a delivery costs, as a picture: a line for each row, a dot for each
//! way of posting.

use std::path::Path;

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::{
    measure::broadcast::{LOADS, Row},
    samples::{Failure, ratio},
};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

pub(crate) fn draw(file: &Path, members: usize, rows: &[Row]) -> Result<(), Failure> {
    let height = TOP + BOTTOM + LINE * rows.len() as i32;
    let area = SVGBackend::new(file, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size: i32| TextStyle::from(("sans-serif", size)).color(&BLACK);
    let title = format!(
        "CPU time of all nodes per delivery in a room of {members}, \
         as a multiple of one process without a backplane"
    );
    area.draw_text(&title, &text(17), (30, 10))?;
    legend(&area, &text(13))?;
    let ratios: Vec<[f64; COLORS.len()]> = rows.iter().map(|row| ratios(row, &rows[0])).collect();
    let most = ratios
        .iter()
        .flatten()
        .fold(1.5_f64, |most, it| most.max(*it));
    let scale = Scale { most: most * 1.05 };
    scale.draw(&area, height, &text(12))?;
    for (number, (row, ratios)) in rows.iter().zip(ratios).enumerate() {
        let y = TOP + LINE * number as i32 + LINE / 2;
        let label = text(13).pos(Pos::new(HPos::Right, VPos::Center));
        area.draw_text(&row.name, &label, (LEFT - 14, y))?;
        let faint = BLACK.mix(if number % 2 == 0 { 0.08 } else { 0.03 });
        area.draw(&PathElement::new([(LEFT, y), (RIGHT, y)], faint))?;
        for (ratio, color) in ratios.into_iter().zip(COLORS) {
            dot(&area, (scale.x(ratio), y), color)?;
        }
    }
    Ok(area.present()?)
}

fn ratios(row: &Row, to: &Row) -> [f64; COLORS.len()] {
    std::array::from_fn(|load| ratio(&row.cells[load].delivery, &to.cells[load].delivery))
}

fn legend(area: &Area<'_>, text: &TextStyle<'_>) -> Result<(), Failure> {
    let text = text.pos(Pos::new(HPos::Left, VPos::Center));
    for (number, (load, color)) in LOADS.into_iter().zip(COLORS).enumerate() {
        let at = (40 + 190 * number as i32, 48);
        dot(area, at, color)?;
        area.draw_text(&load.name(), &text, (at.0 + 14, at.1))?;
    }
    Ok(())
}

fn dot(area: &Area<'_>, at: (i32, i32), color: RGBColor) -> Result<(), Failure> {
    area.draw(&Circle::new(at, 5, color.mix(0.85).filled()))?;
    Ok(area.draw(&Circle::new(at, 5, color.stroke_width(2)))?)
}

/// From 0.9 on, since nothing costs less than one process.
struct Scale {
    most: f64,
}

impl Scale {
    fn draw(&self, area: &Area<'_>, height: i32, text: &TextStyle<'_>) -> Result<(), Failure> {
        let text = text.pos(Pos::new(HPos::Center, VPos::Bottom));
        let step = if self.most > 3.0 { 0.5 } else { 0.1 };
        let steps = ((self.most - 1.0) / step) as i32;
        for number in 0..=steps {
            let ratio = 1.0 + f64::from(number) * step;
            let line = BLACK.mix(if number == 0 { 0.8 } else { 0.15 });
            let ends = [(self.x(ratio), TOP), (self.x(ratio), height - BOTTOM)];
            area.draw(&PathElement::new(ends, line))?;
            area.draw_text(&format!("{ratio:.1}"), &text, (self.x(ratio), TOP - 4))?;
        }
        Ok(())
    }

    fn x(&self, ratio: f64) -> i32 {
        let share = (ratio.max(LEAST) - LEAST) / (self.most - LEAST);
        LEFT + (f64::from(RIGHT - LEFT) * share).round() as i32
    }
}

/// For the first of the loads; in a small room a post costs more than its
/// deliveries. Told apart by the colour-blind as well (Okabe and Ito).
const COLORS: [RGBColor; 4] = [
    RGBColor(0, 90, 181),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
];
const LEAST: f64 = 0.9;
const WIDTH: i32 = 1000;
const LEFT: i32 = 220;
const RIGHT: i32 = WIDTH - 30;
const TOP: i32 = 90;
const BOTTOM: i32 = 20;
/// The height of one row, in pixels.
const LINE: i32 = 30;
