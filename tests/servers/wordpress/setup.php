<?php
// A new blog with a post, an editor for Earful and a subscriber, each with an application password, as JSON.
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = parse_url(getenv('EARFUL_TEST_URL'), PHP_URL_HOST);
require $argv[1] . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Brewline', 'owner', 'owner@example.test', true, '', 'owner-password');
update_option('permalink_structure', '/%postname%/');
update_option('comment_previously_approved', 0);
$made = ['post' => wp_insert_post(['post_title' => 'Grinders compared', 'post_content' => 'Which one?',
    'post_status' => 'publish', 'comment_status' => 'open', 'post_author' => 1])];
foreach (['owner' => 'administrator', 'earful' => 'editor', 'reader' => 'subscriber'] as $name => $role) {
    $user = username_exists($name) ?: wp_create_user($name, "$name-password", "$name@example.test");
    (new WP_User($user))->set_role($role);
    $made[$name] = WP_Application_Passwords::create_new_application_password($user, ['name' => 'tests'])[0];
}
echo json_encode($made);
