# Los resultados.

all-results = ← Todos los resultados
no-such-jurisdiction = No existe esa jurisdicción
status-not-open = La votación aún no ha comenzado
status-not-open-means = Los resultados aparecerán aquí a medida que se cuenten las boletas.
status-open = La votación está abierta
status-open-means = Las cifras son extraoficiales y parciales.
status-counting = La votación ha terminado. Se están contando las boletas.
status-counting-means = Las cifras son extraoficiales y parciales.
status-complete = Resultados extraoficiales completos
status-complete-means = La votación ha terminado y todas las boletas están contadas. Los resultados son extraoficiales hasta que se certifiquen.
status-certified = Resultados certificados
status-certified-means = Todas las boletas se contaron de nuevo. Estos son los resultados definitivos.
opens-at = Comienza el { $time }.
closes-at = Termina el { $time }.
turnout-only = Los votos de cada candidatura se publican después del cierre de la votación.
last-updated = Última actualización: { $time }
nothing-counted = Aún no se ha contado ninguna boleta.
not-updating = Sin actualizar desde las { $time }. Seguimos intentándolo.
not-loaded = Todavía no se pudieron cargar los resultados. Seguimos intentándolo.
pause = Pausar actualizaciones
resume = Reanudar actualizaciones
ballots-counted = Boletas contadas
jurisdictions-reported = Jurisdicciones con resultados
of = { $part } de { $whole }
contest-ballots = { $ballots ->
    [one] { $ballots } boleta contada.
   *[other] { $ballots } boletas contadas.
}
contest-allows = Se puede votar por hasta { $allowed }: los porcentajes son de todos los votos, no de todas las boletas.
votes = { $votes ->
    [one] { $votes } voto
   *[other] { $votes } votos
}
write-ins = Nombres escritos por votantes
votes-not-used = Votos sin usar
overvotes = Boletas con demasiados votos
show-all = Mostrar las { $count } candidaturas
show-fewer = Mostrar solo las { $count } primeras
jurisdictions = Jurisdicciones
show = Mostrar
who-leads = Quién va ganando: { $contest }
map-leaders = Mapa de quién va ganando en cada lugar. La tabla que sigue dice lo mismo.
map-turnout = Mapa de cuántas boletas se han contado en cada lugar. La tabla que sigue dice lo mismo.
table-caption = Resultados por jurisdicción
column-name = Jurisdicción
column-ballots = Boletas contadas
column-leading = Va ganando
tie = Empate
no-votes-yet = Aún sin votos
data = Las cifras como datos
download-json = Descargar en JSON
download-csv = Descargar en CSV
