/* scalar.h: the elementwise ops as functions of complex numbers: the values of the reference interpreter, and of folded
 * constants. The imaginary part carries a derivative (complex step); kinks and comparisons look at the real part. */
#ifndef RNNC_GRAPH_SCALAR_H
#define RNNC_GRAPH_SCALAR_H
#include <complex.h>

#include "op/op.h"

typedef double complex Complex;
/* NULL: the op is not elementwise. */
typedef Complex ScalarFunction(const Complex *x);
ScalarFunction *scalar_function(OpId op);
Complex scalar_make(double re, double im);
Complex scalar_log1p(Complex z);
#endif
