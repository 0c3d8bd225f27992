/*
 * libmd includes <config.h>, which its configure script would write. The two
 * files that we compile of it, sha1.c and sha2.c, need nothing from it on Linux.
 */
