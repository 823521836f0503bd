<?php
// What a test cannot have of a real blog: mails, and a quarter of a minute between two comments from one address.
function wp_mail(...$ignored)
{
    return true;
}
remove_action('check_comment_flood', 'check_comment_flood_db');
