# SPDX-License-Identifier: Apache-2.0
"""Which shapes of a robot count as its links, and which pairs of them are kept apart."""

from copy import deepcopy

import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.collisions import link_geoms
from tests.retarget.robot.sketches import Sketch


def shown_only(geom) -> None:
    geom.attrib.update({"contype": "0", "conaffinity": "0"})


def test_shapes_of_collision_stand_for_links_or_else_what_is_shown():
    plain = Sketch().legs().arms()
    count = len(link_geoms(Robot.load(plain.text())))
    assert count == 11  # base, feet, forearms; and what is put around links without a shape
    shown = Sketch().legs().arms()
    for geom in shown.root.iter("geom"):
        shown_only(geom)
    assert len(link_geoms(Robot.load(shown.text()))) == count
    both = Sketch().legs().arms()
    for body in both.links.values():
        for geom in body.findall("geom"):
            picture = deepcopy(geom)
            shown_only(picture)
            body.append(picture)
    robot = Robot.load(both.text())
    found = link_geoms(robot)
    assert len(found) == count and all(robot.model.geom_contype[geom] for geom in found)


def test_what_stands_around_is_no_link():
    sketch = Sketch().legs().arms()
    count = len(link_geoms(Robot.load(sketch.text())))
    sketch.world.append(deepcopy(sketch.links["base"].find("geom")))
    floor = deepcopy(sketch.links["base"].find("geom"))
    floor.attrib.update({"type": "plane", "size": "1 1 1"})
    sketch.world.append(floor)
    assert len(link_geoms(Robot.load(sketch.text()))) == count
