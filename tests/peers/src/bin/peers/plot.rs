//! The ratios as a picture: a line for each row, a dot for each server.

use std::{error::Error, path::Path};

use plotters::{
    coord::Shift,
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::{outcome::Run, servers::Server};

pub(crate) fn draw(file: &Path, run: &Run) -> Result<(), Box<dyn Error>> {
    let height = TOP + BOTTOM + LINE * run.rows.len() as i32;
    let area = SVGBackend::new(file, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let text = |size: i32| TextStyle::from(("sans-serif", size)).color(&BLACK);
    area.draw_text(
        "CPU time of the server per message, as a multiple of the limit (left is better)",
        &text(17),
        (30, 10),
    )?;
    area.draw_text(
        "the limit: the least that epoll allows, checking nothing; |: the goal of ws-server",
        &text(13),
        (30, 34),
    )?;
    legend(&area, &text(13))?;
    scale(&area, height, &text(12))?;
    for (number, row) in run.rows.iter().enumerate() {
        let y = TOP + LINE * number as i32 + LINE / 2;
        let label = text(13).pos(Pos::new(HPos::Right, VPos::Center));
        area.draw_text(row.row.title(), &label, (LEFT - 14, y))?;
        let faint = BLACK.mix(if number % 2 == 0 { 0.08 } else { 0.03 });
        area.draw(&PathElement::new([(LEFT, y), (RIGHT, y)], faint))?;
        let goal = row.row.goal();
        if let Some(of) = row.ratio(goal.of, Server::Limit) {
            let goal = x(goal.ratio * of.median);
            let mark = [(goal, y - LINE / 2 + 2), (goal, y + LINE / 2 - 2)];
            area.draw(&PathElement::new(mark, BLACK.stroke_width(1)))?;
        }
        // Ours is drawn last, above all others.
        for (server, look) in LOOKS.iter().rev() {
            let Some(ratio) = row.ratio(*server, Server::Limit) else {
                continue;
            };
            let ends = [(x(ratio.lower), y), (x(ratio.upper), y)];
            area.draw(&PathElement::new(ends, look.color.stroke_width(2)))?;
            dot(&area, (x(ratio.median), y), look)?;
        }
    }
    area.present()?;
    Ok(())
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// How a server is drawn.
struct Look {
    color: RGBColor,
    /// Ours has a figure of its own.
    square: bool,
    filled: bool,
}

fn dot(area: &Area<'_>, at: (i32, i32), look: &Look) -> Result<(), Box<dyn Error>> {
    let inside = if look.filled {
        look.color.mix(0.85)
    } else {
        WHITE.mix(1.0)
    };
    if look.square {
        let corners = |by: i32| [(at.0 - by, at.1 - by), (at.0 + by, at.1 + by)];
        area.draw(&Rectangle::new(corners(6), inside.filled()))?;
        area.draw(&Rectangle::new(corners(6), look.color.stroke_width(2)))?;
    } else {
        area.draw(&Circle::new(at, 5, inside.filled()))?;
        area.draw(&Circle::new(at, 5, look.color.stroke_width(2)))?;
    }
    Ok(())
}

fn legend(area: &Area<'_>, text: &TextStyle<'_>) -> Result<(), Box<dyn Error>> {
    let text = text.pos(Pos::new(HPos::Left, VPos::Center));
    let columns = LOOKS.len().div_ceil(2);
    for (number, (server, look)) in LOOKS.iter().enumerate() {
        let (column, line) = (number % columns, number / columns);
        let at = (40 + 230 * column as i32, 68 + 22 * line as i32);
        dot(area, at, look)?;
        let name = if *server == Server::Ours {
            "ws-server".to_owned()
        } else if *server == Server::OursStock {
            "ws-server on HttpServer".to_owned()
        } else {
            server.name()
        };
        area.draw_text(&name, &text, (at.0 + 14, at.1))?;
    }
    Ok(())
}

fn scale(area: &Area<'_>, height: i32, text: &TextStyle<'_>) -> Result<(), Box<dyn Error>> {
    let text = text.pos(Pos::new(HPos::Center, VPos::Bottom));
    for ratio in [
        1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0,
    ] {
        let line = BLACK.mix(if ratio == 1.0 { 0.8 } else { 0.15 });
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

const fn look(color: RGBColor, filled: bool) -> Look {
    Look {
        color,
        square: false,
        filled,
    }
}

/// Told apart by the colour-blind as well (Okabe and Ito).
const LOOKS: [(Server, Look); 9] = [
    (
        Server::Ours,
        Look {
            color: OURS_BLUE,
            square: true,
            filled: true,
        },
    ),
    (
        Server::OursStock,
        Look {
            color: OURS_BLUE,
            square: true,
            filled: false,
        },
    ),
    (Server::ActixWs, look(RGBColor(230, 159, 0), true)),
    (Server::ActixWebActors, look(RGBColor(230, 159, 0), false)),
    (Server::Axum, look(RGBColor(86, 180, 233), true)),
    (Server::Fastwebsockets, look(RGBColor(0, 158, 115), true)),
    (Server::TokioTungstenite, look(RGBColor(213, 94, 0), true)),
    (Server::TokioWebsockets, look(RGBColor(213, 94, 0), false)),
    (Server::NpmWs, look(RGBColor(204, 121, 167), true)),
];
const OURS_BLUE: RGBColor = RGBColor(0, 90, 181);
const LEAST: f64 = 0.9;
const MOST: f64 = 36.0;
const WIDTH: i32 = 1280;
const LEFT: i32 = 330;
const RIGHT: i32 = WIDTH - 30;
const TOP: i32 = 130;
const BOTTOM: i32 = 20;
/// The height of one row, in pixels.
const LINE: i32 = 30;
