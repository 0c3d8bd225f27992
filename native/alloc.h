#ifndef EXITRD_ALLOC_H
#define EXITRD_ALLOC_H

#include <quickjs.h>

/* The allocator that QuickJS runs on. */
const JSMallocFunctions *alloc_functions(void);

#endif
