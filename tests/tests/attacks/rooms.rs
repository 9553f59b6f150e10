ws_tests::attacks! {
    server_bounds_the_rooms_of_a_connection: "rooms-joined-without-end",
    server_bounds_the_rooms_of_a_long_name: "rooms-joined-by-a-long-name",
    server_forgets_members_who_come_and_go: "room-joined-and-left-without-end",
    server_tells_a_crowd_of_each_other: "crowd-that-hears-of-each-other",
}
