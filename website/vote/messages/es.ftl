# Lo que dicen las páginas para votar. «La oficina electoral» es quien organiza la elección.

vote = Votar
steps = Pasos
step-voter-id = Identificación
step-ballot = Sus votos
step-review = Revisión
step-receipt = Recibo
back = Atrás

# 1 Identificación
enter-voter-id = Escriba su identificación de votante
voter-id = Identificación de votante
voter-id-hint = Está en la carta que le enviamos, por ejemplo K7RM2-9XQ4T-0WZ34. No importan las mayúsculas, los espacios ni los guiones.
continue = Continuar
looking-up = Buscando su boleta…
voter-id-empty = Escriba su identificación de votante.
voter-id-symbol = Su identificación de votante tiene un carácter que nunca se usa. Solo tiene números y letras, y nunca la letra U.
voter-id-length = Su identificación de votante debe tener 15 letras y números. Usted escribió { $length }.
voter-id-check = Hay un error de escritura en su identificación de votante. Compárela con su carta, carácter por carácter.
voter-id-unknown = Esta identificación no está en la lista de votantes. Compárela con su carta. Si es la misma, comuníquese con la oficina electoral.
voter-id-replaced = Esta identificación fue reemplazada por una más reciente. Use la de su última carta o comuníquese con la oficina electoral.
election-over = Esta elección ya terminó. Las identificaciones de votante ya no se usan.
look-up-later = No pudimos buscar su boleta en este momento. Espere un minuto y vuelva a elegir Continuar.
cleared = Sus votos se borraron porque esta página no se usó durante un rato. Su boleta no fue emitida. Escriba su identificación de votante para empezar de nuevo.

# 2 Su boleta
your-ballot = Su boleta
ballot-for = Su boleta es para
compare-jurisdiction = Compárelo con su carta. Si no es lo mismo, no siga: comuníquese con la oficina electoral.
ballot-contests = { $contests ->
    [one] Su boleta tiene { $contests } contienda:
   *[other] Su boleta tiene { $contests } contiendas:
}
votes-allowed = { $votes ->
    [one] Vote por una opción.
   *[other] Vote por un máximo de { $votes }.
}
review-before = Podrá revisar y cambiar todo antes de emitir su boleta.
start-voting = Empezar a votar
already-recorded = Ya se registró una boleta de este votante.
nobody-twice = Nadie puede votar dos veces. Si tiene un recibo, puede verificar esa boleta. Si usted no ha votado, comuníquese con la oficina electoral.
check-my-ballot = Verificar mi boleta
not-open = La votación todavía no está abierta.
opens-at = La votación todavía no está abierta. Está previsto que abra el { $time }.
closed = La votación está cerrada. Ya no se puede votar.

# 3 Una contienda
contest-position = Contienda { $contest } de { $contests }
votes-used = { $allowed ->
    [one] Ha usado { $used } de { $allowed } voto.
   *[other] Ha usado { $used } de { $allowed } votos.
}
write-in = Candidato por escrito (opcional)
write-in-line = Candidato por escrito { $line } (opcional)
write-in-hint = Para votar por alguien que no está en la lista, escriba su nombre.
write-in-repeated = Escribió el mismo nombre dos veces. Borre uno de ellos.
overvote-one = Ya usó su voto. Para votar por { $wanted }, primero quite su voto por { $chosen }.
overvote-many = Ya usó sus { $allowed } votos. Para votar por { $wanted }, primero quite uno de sus otros votos.
somebody-else = otra persona
next = Siguiente
skip-contest = Omitir esta contienda
save-and-review = Guardar y volver a la revisión
leave-blank-and-review = Dejar en blanco y volver a la revisión

# 4 Revisión
review = Revise sus votos
not-cast-yet = Su boleta todavía no ha sido emitida.
no-choice = No eligió ninguna opción en esta contienda.
votes-left = Usó { $used } de { $allowed } votos.
written-in = (candidato por escrito)
change = Cambiar
change-contest = Cambiar { $contest }
cannot-change = Después de emitir su boleta, no podrá cambiarla.
cast = Emitir mi boleta

# 5 Emisión
casting = Emitiendo su boleta
wait = Espere su recibo.
checking = Estamos comprobando si su boleta quedó registrada. No empiece de nuevo.
long-wait = Está tardando más de lo normal. Deje esta página abierta: sigue intentándolo por sí sola.

# 6 Qué pasó con ella
was-cast = Su boleta fue emitida
nothing-else = No necesita hacer nada más.
your-receipt = Su recibo
receipt-says = No muestra cómo votó. Imprímalo o anótelo: esta página lo olvida cuando usted sale de ella.
receipt-fits = Esta página calculó el recibo por su cuenta: corresponde a lo que usted eligió.
receipt-differs = El recibo no corresponde a su boleta
receipt-differs-text = Su navegador calculó otro recibo para lo que usted eligió. Deje esta página abierta y avise a la oficina electoral.
receipt-unreadable = No se pudo leer el recibo que llegó. Deje esta página abierta y avise a la oficina electoral.
receipt-qr = Código QR: abre la página que verifica este recibo
print = Imprimir esta página
check-later = En unos minutos, o en cualquier momento posterior, puede verificar con el recibo que su boleta quedó registrada.
check-in-new-tab = Verificar mi boleta (se abre en una pestaña nueva)
unconfirmed = No pudimos confirmar su boleta
unconfirmed-text = Es posible que su boleta haya quedado registrada, pero no pudimos obtener su recibo.
unconfirmed-what-to-do = Comuníquese con la oficina electoral. Puede ver si se registró una boleta suya, pero no cómo votó.
another-recorded = Ya se había registrado una boleta
another-recorded-text = Esta boleta no se contó: ya se había registrado otra boleta de este votante.
another-recorded-what-to-do = Si usted emitió aquella, tiene su recibo y puede verificarla. Si no había votado antes, comuníquese con la oficina electoral.
polls-closed = La votación está cerrada
polls-closed-text = Su boleta no fue emitida porque la votación ya se cerró.
ballot-changed = La boleta cambió
ballot-changed-text = Su boleta no fue emitida porque la boleta cambió entretanto.
start-again = Empezar de nuevo con la boleta nueva
not-cast-not-open = Su boleta no fue emitida: la votación todavía no está abierta. Deje esta página abierta para conservar lo que eligió.
not-cast-contest = Su boleta no fue emitida. Cambie lo que eligió en: { $contest }
not-cast = Su boleta no fue emitida. Inténtelo de nuevo o comuníquese con la oficina electoral.

# ¿Sigue votando?
still-voting = ¿Sigue votando?
still-voting-text = { $minutes ->
    [one] Si no responde en { $minutes } minuto, sus votos se borrarán para que nadie más los vea. Su boleta todavía no ha sido emitida.
   *[other] Si no responde en { $minutes } minutos, sus votos se borrarán para que nadie más los vea. Su boleta todavía no ha sido emitida.
}
still-voting-yes = Sí, seguir votando

# 7 Verificar mi boleta
check-about = Usted recibió un recibo al emitir su boleta. Con él se sabe si esa misma boleta quedó registrada. No muestra cómo votó.
receipt = Recibo
receipt-hint = 36 letras y números en nueve grupos de cuatro. No importan las mayúsculas, los espacios ni los guiones.
receipt-empty = Escriba su recibo.
receipt-symbol = Su recibo tiene un carácter que nunca se usa. Solo tiene números y letras, y nunca la letra U.
receipt-length = Su recibo debe tener 36 letras y números. Usted escribió { $length }.
receipt-check = Hay un error de escritura en su recibo. Compárelo con lo que imprimió o anotó, carácter por carácter.
check = Verificar
checking-receipt = Verificando…
check-later-again = No pudimos verificar su recibo en este momento. Esto no dice nada sobre su boleta. Inténtelo de nuevo en un minuto.
receipt-checked = Recibo verificado:
recorded = Su boleta quedó registrada
recorded-text = La boleta de este recibo está en la urna, sin cambios.
recorded-what-to-do = No necesita hacer nada más.
another = Se registró otra boleta
another-text = En la urna hay una boleta distinta del votante de este recibo. La boleta de este recibo no se contó.
another-what-to-do = Si emitió más de una boleta, verifique el otro recibo. Si solo emitió esta, comuníquese con la oficina electoral y muestre el recibo.
not-yet = Todavía no está registrada
not-yet-text = En la urna todavía no hay ninguna boleta para este recibo. El registro suele tardar unos segundos, y algunos minutos cuando hay mucha actividad.
not-yet-what-to-do = Verifique de nuevo en diez minutos. Si una hora después de emitirla todavía no está registrada, comuníquese con la oficina electoral y muestre el recibo.
not-recorded = No está registrada
not-recorded-text = El conteo terminó y en la urna no hay ninguna boleta para este recibo.
not-recorded-what-to-do = Compare el recibo con lo que imprimió o anotó. Si es el mismo, comuníquese con la oficina electoral y muestre el recibo.
