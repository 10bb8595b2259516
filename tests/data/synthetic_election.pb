META
key;value
description;Invented election of an invented town
country;Nowhere
unit;Northharbour
instance;2026
num_projects;6
num_votes;9
budget;12000.0
vote_type;cumulative
rule;equalshares/add1
date_begin;01.03.2026
date_end;2026
max_sum_points;6
currency;EUR
comment;"#1: invented; a quoted cell with a semicolon and ""quotes"""

PROJECTS
project_id;cost;votes;score;category
p1;6000;5;16;streets
p2;4500,50;4;13;"parks; and ponds"
p3;3000;3;9;culture
p4;1500.25;3;7;culture
p5;1200;2;5;streets
p6;800;0;0;parks
VOTES
voter_id;vote;points
v1;p1,p2;3,3
v2;p1;6
v3;p1,p3,p4;2,2,2
v4;p2,p3;4,2
v5;p1,p2,p5;3,2,1
v6;p2;4
v7;p3,p4;5,1
v8;p5,p4;4,4
v9;p1;2
