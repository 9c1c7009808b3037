/* version.h: the version of rnnc, as printed by --version and in the banners of emitted files. */
#ifndef RNNC_SUPPORT_VERSION_H
#define RNNC_SUPPORT_VERSION_H
#define RNNC_VERSION "1.0.0"
#endif
