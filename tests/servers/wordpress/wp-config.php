<?php
// Everything that differs from run to run comes from the environment. Nothing here leaves the loopback.
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('EARFUL_TEST_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', getenv('EARFUL_TEST_URL'));
define('WP_SITEURL', WP_HOME);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $what) {
    define($what . '_KEY', "tests $what key");
    define($what . '_SALT', "tests $what salt");
}
// Application passwords need https elsewhere.
define('WP_ENVIRONMENT_TYPE', 'local');
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WPMU_PLUGIN_DIR', getenv('EARFUL_TEST_PLUGINS'));
$table_prefix = 'wp_';
define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
