"""Reports 报表: papers for people, computed from what is derived and judged; never from readings."""
