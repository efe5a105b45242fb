/** Types are taken out without moving a letter, so nothing needs a map; Node would read those of every package that brings one. */
process.setSourceMapsEnabled(false);
