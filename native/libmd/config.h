/*
 * libmd includes <config.h>, which its configure script would write. The one
 * file that we compile of it, sha2.c, needs nothing from it on Linux.
 */
