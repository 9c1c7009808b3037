/* flat_body.h: the arithmetic of training over flat arrays of rnn_real: norms, clipping, SGD, Adam. Included once by
 * flat_float.c and once by flat_double.c, which choose rnn_real and name the functions by FLAT. The formulas are those
 * of torch.optim in the order of its operations; see rnn/train.h. Written on rnn/simd.h, so neither the number of lanes
 * nor the compiler's choice of fused operations changes a bit. */

/* ---- Norm and clipping ---- */

double FLAT(rnn_sumsq)(const rnn_real *v, size_t count)
{
    double part[16] = {0};
    size_t i = 0, k, width;
    for (; i + 16 <= count; i += 16) {
        for (k = 0; k < 16; k++) {
            double x = (double)v[i + k];
            part[k] += x * x;
        }
    }
    for (k = 0; i < count; i++, k++) {
        double x = (double)v[i];
        part[k] += x * x;
    }
    for (width = 8; width > 0; width /= 2) {
        for (k = 0; k < width; k++) {
            part[k] += part[k + width];
        }
    }
    return part[0];
}

void FLAT(rnn_clip)(rnn_real *v, size_t count, double bound)
{
    rnn_real most = (rnn_real)bound;
    size_t i;
    for (i = 0; i < count; i++) {
        rnn_real x = v[i];
        v[i] = x > most ? most : x < -most ? -most : x; /* NaN fails both tests and stays */
    }
}

/* ---- SGD: d = scale g + decay w; buffer = momentum buffer + d; w = w - lr buffer ---- */

typedef struct Sgd {
    rnn_vec scale, decay, momentum, rate;
} Sgd;

RNN_INLINE rnn_vec sgd_direction(const Sgd *s, rnn_vec weight, rnn_vec grad)
{
    return grad * s->scale + s->decay * weight;
}

static void sgd_plain(rnn_real *weight, const rnn_real *grad, size_t count, const Sgd *s)
{
    size_t i;
    for (i = 0; i + RNN_VL <= count; i += RNN_VL) {
        rnn_vec w = rnn_load(weight + i);
        rnn_store(weight + i, w + s->rate * sgd_direction(s, w, rnn_load(grad + i)));
    }
    if (i < count) {
        int n = (int)(count - i);
        rnn_vec w = rnn_load_part(weight + i, n);
        rnn_store_part(weight + i, w + s->rate * sgd_direction(s, w, rnn_load_part(grad + i, n)), n);
    }
}

static void sgd_momentum(rnn_real *weight, const rnn_real *grad, rnn_real *buffer, size_t count, const Sgd *s)
{
    size_t i;
    for (i = 0; i + RNN_VL <= count; i += RNN_VL) {
        rnn_vec w = rnn_load(weight + i);
        rnn_vec b = s->momentum * rnn_load(buffer + i) + sgd_direction(s, w, rnn_load(grad + i));
        rnn_store(buffer + i, b);
        rnn_store(weight + i, w + s->rate * b);
    }
    if (i < count) {
        int n = (int)(count - i);
        rnn_vec w = rnn_load_part(weight + i, n);
        rnn_vec b = s->momentum * rnn_load_part(buffer + i, n) + sgd_direction(s, w, rnn_load_part(grad + i, n));
        rnn_store_part(buffer + i, b, n);
        rnn_store_part(weight + i, w + s->rate * b, n);
    }
}

void FLAT(rnn_sgd)(rnn_real *weight, const rnn_real *grad, rnn_real *buffer, size_t count, const rnn_options *options,
                   double lr, double scale)
{
    Sgd s;
    s.scale = rnn_splat((rnn_real)scale);
    s.decay = rnn_splat((rnn_real)options->weight_decay);
    s.momentum = rnn_splat((rnn_real)options->momentum);
    s.rate = rnn_splat((rnn_real)-lr);
    if (buffer == NULL) {
        sgd_plain(weight, grad, count, &s);
    } else {
        sgd_momentum(weight, grad, buffer, count, &s);
    }
}

/* ---- Adam: d = scale g + decay w; m = m + (1 - beta1) (d - m); v = beta2 v + (1 - beta2) d d;
 *      w = w - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon) ---- */

typedef struct Adam {
    rnn_vec scale, decay, blend, keep_square, new_square, root, epsilon, rate;
    int from_new; /* lerp starts from its nearer end */
} Adam;

RNN_INLINE rnn_vec adam_vector(const Adam *a, rnn_vec weight, rnn_vec grad, rnn_vec *m, rnn_vec *v)
{
    rnn_vec d = grad * a->scale + a->decay * weight;
    *m = (a->from_new ? d : *m) + a->blend * (d - *m);
    *v = *v * a->keep_square + a->new_square * d * d;
    return weight + a->rate * *m / (rnn_sqrt(*v) / a->root + a->epsilon);
}

static void adam_array(rnn_real *weight, const rnn_real *grad, rnn_real *m, rnn_real *v, size_t count, const Adam *a)
{
    size_t i;
    for (i = 0; i + RNN_VL <= count; i += RNN_VL) {
        rnn_vec first = rnn_load(m + i), second = rnn_load(v + i);
        rnn_vec w = adam_vector(a, rnn_load(weight + i), rnn_load(grad + i), &first, &second);
        rnn_store(m + i, first);
        rnn_store(v + i, second);
        rnn_store(weight + i, w);
    }
    if (i < count) {
        int n = (int)(count - i);
        rnn_vec first = rnn_load_part(m + i, n), second = rnn_load_part(v + i, n);
        rnn_vec w = adam_vector(a, rnn_load_part(weight + i, n), rnn_load_part(grad + i, n), &first, &second);
        rnn_store_part(m + i, first, n);
        rnn_store_part(v + i, second, n);
        rnn_store_part(weight + i, w, n);
    }
}

void FLAT(rnn_adam)(rnn_real *weight, const rnn_real *grad, rnn_real *m, rnn_real *v, size_t count,
                    const rnn_options *options, double lr, double scale, int64_t t)
{
    double blend = 1 - options->beta1;
    Adam a;
    a.from_new = blend >= 0.5;
    a.blend = rnn_splat((rnn_real)(a.from_new ? blend - 1 : blend));
    a.scale = rnn_splat((rnn_real)scale);
    a.decay = rnn_splat((rnn_real)options->weight_decay);
    a.keep_square = rnn_splat((rnn_real)options->beta2);
    a.new_square = rnn_splat((rnn_real)(1 - options->beta2));
    a.root = rnn_splat((rnn_real)sqrt(1 - pow(options->beta2, (double)t)));
    a.epsilon = rnn_splat((rnn_real)options->epsilon);
    a.rate = rnn_splat((rnn_real)(-(lr / (1 - pow(options->beta1, (double)t)))));
    adam_array(weight, grad, m, v, count, &a);
}
